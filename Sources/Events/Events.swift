/// # Events
