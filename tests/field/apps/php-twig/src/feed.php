<?php
$feed = new DOMDocument(); $feed->appendChild($feed->createElement('rss', 'tea')); echo $feed->saveXML();
