"""What people type: one small file a command, which reads the arguments and calls the job."""
