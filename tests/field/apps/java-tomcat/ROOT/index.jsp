<h1>Start</h1>
