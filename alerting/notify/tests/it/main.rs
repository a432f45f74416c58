//! Notifications from the outside: what is sent, and that it arrives.

mod delivery;
mod golden;
mod lane;
mod routes;
mod samples;
