"""Work on the index that outlives the request which asked for it."""
