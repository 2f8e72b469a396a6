<?php

use dokuwiki\Extension\SyntaxPlugin;

/** <steep 3> tells how long the tea steeps. */
class syntax_plugin_steep extends SyntaxPlugin
{
    public function getType()
    {
        return 'substition';
    }

    public function getSort()
    {
        return 155;
    }

    public function connectTo($mode)
    {
        $this->Lexer->addSpecialPattern('<steep \d+>', $mode, 'plugin_steep');
    }

    public function handle($match, $state, $pos, Doku_Handler $handler)
    {
        return (int) substr($match, 7, -1);
    }

    public function render($format, Doku_Renderer $renderer, $data)
    {
        if ($format !== 'xhtml') {
            return false;
        }
        $renderer->doc .= '<p class="steep">' . sprintf($this->getLang('steep'), $data) . '</p>';
        return true;
    }
}
