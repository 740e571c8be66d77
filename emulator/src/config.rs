//! What can be set: by flag, by environment, by file.
