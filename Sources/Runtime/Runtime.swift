/// # Runtime
