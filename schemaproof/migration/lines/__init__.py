"""Lines of a revision: what turns an object of a database into what it should be."""
