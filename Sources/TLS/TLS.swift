/// # TLS
