<?php return ['title' => 'Tees'];
