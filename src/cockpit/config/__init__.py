"""Configuration: TOML → frozen structs; secrets by reference; what the cockpit writes itself, atomically."""
