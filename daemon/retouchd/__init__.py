"""retouchd: watches a folder for photos with a prompt beside them and delivers the edited photos."""
