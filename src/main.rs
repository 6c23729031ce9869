//! The `dald` command.

fn main() {}
