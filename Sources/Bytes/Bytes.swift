/// # Bytes
