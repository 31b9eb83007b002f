/// # Observability
