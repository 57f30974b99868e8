"""Store, identify, decode and copy files of sound, video and pictures. See README.md."""
