/// # Store
