/// # HTTP
