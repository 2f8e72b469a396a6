<?php
namespace App\Command;

use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;
use Symfony\Component\Translation\Loader\XliffFileLoader;
use Symfony\Component\Translation\Loader\YamlFileLoader;
use Symfony\Component\Translation\Translator;

#[AsCommand(name: 'tea:brew', description: 'Brews a pot, and tells in a language')]
final class BrewCommand extends Command
{
    protected function configure(): void
    {
        $this->addOption('locale', null, InputOption::VALUE_REQUIRED, 'the language', 'en');
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $translator = new Translator($input->getOption('locale'));
        $translator->addLoader('yaml', new YamlFileLoader());
        $translator->addLoader('xlf', new XliffFileLoader());
        $folder = __DIR__ . '/../../translations';
        $translator->addResource('yaml', "$folder/messages+intl-icu.fr.yaml", 'fr', 'messages+intl-icu');
        $translator->addResource('xlf', "$folder/messages.de.xlf", 'de');
        $style = new SymfonyStyle($input, $output);
        $style->progressStart(3);
        $style->progressFinish();
        $style->success($translator->trans('The tea is ready', ['cups' => 3]));
        return Command::SUCCESS;
    }
}
