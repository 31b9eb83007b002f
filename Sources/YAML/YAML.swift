/// # YAML
