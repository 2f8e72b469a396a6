"""The ripening cellar of a creamery: wheels of cheese, their climate and their care."""
