<p>nothing here</p>
