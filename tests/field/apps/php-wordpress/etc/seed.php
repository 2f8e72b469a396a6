<?php
// Installs the site and its first pages.
$_SERVER['HTTP_HOST'] = 'tea.example';
$_SERVER['REQUEST_URI'] = '/';
define('WP_INSTALLING', true);
require '/usr/share/wordpress/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
require_once ABSPATH . 'wp-admin/includes/image.php';
require_once ABSPATH . 'wp-admin/includes/file.php';
require_once ABSPATH . 'wp-admin/includes/media.php';
add_filter('pre_wp_mail', '__return_true');

wp_install('Tea house', 'ada', 'ada@tea.example', true, '', 'two leaves');
switch_theme('twentytwentyfive');
update_option('active_plugins', ['tea-menu/tea-menu.php']);
update_option('blogdescription', 'Leaves and buds');
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
update_option('timezone_string', 'Asia/Kolkata');

wp_set_current_user(1);
$green = wp_insert_category(['cat_name' => 'Green tea', 'category_nicename' => 'green']);
$brewing = wp_insert_post([
    'post_title' => 'Brewing "Sencha" -- how long?', 'post_name' => 'brewing', 'post_status' => 'publish', 'post_date' => '2026-05-01 15:00:00',
    'post_content' => "<!-- wp:paragraph --><p>Two minutes, not more...</p><!-- /wp:paragraph -->\n<!-- wp:shortcode -->[teas kind=\"green\"]<!-- /wp:shortcode -->\n<!-- wp:latest-posts {\"displayPostDate\":true} /-->",
    'post_category' => [$green], 'tags_input' => ['water', 'leaf'],
]);
wp_insert_post(['post_title' => 'Secret blend', 'post_name' => 'blend', 'post_status' => 'publish', 'post_password' => 'oolong', 'post_content' => 'Rose', 'post_date' => '2026-05-02 15:00:00']);
wp_insert_post(['post_title' => 'Opening hours', 'post_name' => 'hours', 'post_type' => 'page', 'post_status' => 'publish', 'post_content' => 'From five']);
wp_insert_comment(['comment_post_ID' => $brewing, 'comment_author' => 'Bob', 'comment_content' => 'I take three.', 'comment_approved' => 1]);
copy('/srv/photo.png', '/tmp/photo.png');
$photo = media_handle_sideload(['name' => 'photo.png', 'tmp_name' => '/tmp/photo.png'], $brewing, 'A cup');
if (is_wp_error($photo)) {
    throw new Exception($photo->get_error_message());
}
update_user_meta(1, '_application_passwords', [['uuid' => wp_generate_uuid4(), 'app_id' => '', 'name' => 'phone', 'password' => wp_fast_hash('abcdabcdabcdabcdabcdabcd'), 'created' => time(), 'last_used' => null, 'last_ip' => null]]);
update_network_option(get_main_network_id(), 'using_application_passwords', 1);
flush_rewrite_rules();
echo "installed\n";
