"""Head models: geometry, skinning, expression and identity of a face."""
