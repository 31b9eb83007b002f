/// # Delivery
