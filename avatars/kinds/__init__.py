"""The kinds of avatars: ways in which splats follow a head."""
