<?php
namespace Shop\Report;

class Feed
{
    public function run(array $query): string
    {
        $feed = new \DOMDocument();
        $feed->appendChild($feed->createElement('rss'))->setAttribute('version', '2.0');
        return $feed->saveXML();
    }
}
