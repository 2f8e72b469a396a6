return up
