<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
    xmlns:date="http://exslt.org/dates-and-times" xmlns:math="http://exslt.org/math"
    extension-element-prefixes="date math" exclude-result-prefixes="date math">
  <xsl:param name="number"/>
  <xsl:param name="code"/>
  <xsl:param name="title" select="'Delivery note'"/>
  <xsl:output method="xml" indent="yes"/>
  <xsl:decimal-format name="note" decimal-separator="," grouping-separator="."/>
  <xsl:template match="/">
    <xsl:apply-templates select="/orders/order[@number = $number]"/>
  </xsl:template>
  <xsl:template match="order">
    <svg width="210mm" height="148mm" viewBox="0 0 420 296">
      <rect width="420" height="296" fill="white"/>
      <text x="20" y="40" font-family="DejaVu Sans" font-size="20" font-weight="bold"><xsl:value-of select="concat($title, ' ', @number)"/></text>
      <text x="20" y="64" font-family="DejaVu Sans" font-size="11"><xsl:value-of select="customer"/>, <xsl:value-of select="street"/></text>
      <text x="20" y="82" font-family="DejaVu Sans" font-size="11"><xsl:value-of select="concat(date:day-name(../@day), ' ', ../@day, ', week ', date:week-in-year(../@day))"/></text>
      <xsl:for-each select="item">
        <xsl:sort select="."/>
        <text x="20" y="{100 + position() * 16}" font-family="DejaVu Serif" font-size="11"><xsl:value-of select="concat(@count, ' × ', ., ' at ', format-number(@price, '#.##0,00', 'note'), ' €')"/></text>
      </xsl:for-each>
      <text x="20" y="280" font-family="DejaVu Sans" font-size="9">Dearest item: <xsl:value-of select="math:highest(item/@price)/.."/></text>
      <image x="300" y="20" width="100" height="100" xlink:href="{$code}"/>
    </svg>
  </xsl:template>
</xsl:stylesheet>
