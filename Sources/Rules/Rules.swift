/// # Rules
