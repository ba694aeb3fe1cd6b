"""Where packets come and go: the kernel's devices, a link in memory, and the pump that drives an engine."""
