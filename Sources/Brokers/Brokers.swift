/// # Brokers
