<h1>shop</h1>
