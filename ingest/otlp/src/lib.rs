//! ingest-otlp
