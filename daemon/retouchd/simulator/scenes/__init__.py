"""Sample pictures drawn by code, so that the demo has photos and the repository no binaries."""
