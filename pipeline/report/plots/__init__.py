"""The pictures: each is drawn from a finished open table and computes nothing but where things go on the page."""
