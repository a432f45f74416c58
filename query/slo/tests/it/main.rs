//! Documents and figures from outside.

mod corpus;
mod vectors;
