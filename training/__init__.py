"""How the bundled reader is made and measured. Never imported at run time."""
