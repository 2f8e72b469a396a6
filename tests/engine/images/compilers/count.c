int counted(int a, int b) { return a + b; }
