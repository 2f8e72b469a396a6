"""How an image is run with as few rights as it needs: decided from what it did, then proved."""
