<h1><?= htmlspecialchars($texts["title"]) ?></h1>
