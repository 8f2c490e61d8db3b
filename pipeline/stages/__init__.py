"""One verb a file: frames in, frames out, pure; `ingest` alone takes a path."""
