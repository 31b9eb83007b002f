/// # MessagingTesting
