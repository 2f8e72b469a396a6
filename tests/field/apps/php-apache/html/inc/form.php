<?php function form($name) { return "<form>$name</form>"; }
