
# The settings of the tea house, after those of the installer.
$wgSitename = "Wiki of the Tea House";
$wgEnableUploads = true;
$wgFileExtensions = [ 'png', 'jpg', 'svg', 'csv' ];
$wgUseImageMagick = true;
$wgImageMagickConvertCommand = '/usr/bin/convert';
$wgSVGConverter = 'rsvg';
$wgMainCacheType = CACHE_ACCEL;
$wgJobRunRate = 0;
$wgShowExceptionDetails = true;
$wgLocaltimezone = 'Europe/Berlin';
foreach ( [ 'CategoryTree', 'Cite', 'Gadgets', 'ImageMap', 'InputBox', 'Nuke', 'ParserFunctions', 'Poem',
	'ReplaceText', 'SyntaxHighlight_GeSHi', 'TemplateData', 'TextExtracts', 'WikiEditor', 'Scribunto' ] as $name ) {
	wfLoadExtension( $name );
}
$wgPFEnableStringFunctions = true;
$wgPygmentizePath = '/usr/bin/pygmentize';
$wgScribuntoDefaultEngine = 'luastandalone';
$wgScribuntoEngineConf['luastandalone']['luaPath'] = '/usr/bin/lua5.1';
