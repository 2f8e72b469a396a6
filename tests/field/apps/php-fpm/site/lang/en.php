<?php return ['title' => 'Teas'];
