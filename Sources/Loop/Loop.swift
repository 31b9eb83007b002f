/// # Loop
