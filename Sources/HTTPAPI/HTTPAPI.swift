/// # HTTPAPI
