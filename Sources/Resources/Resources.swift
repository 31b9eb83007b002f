/// # Resources
