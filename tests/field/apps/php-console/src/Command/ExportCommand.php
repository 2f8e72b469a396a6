<?php
namespace App\Command;

use App\Store;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Serializer\Encoder\CsvEncoder;
use Symfony\Component\Serializer\Encoder\JsonEncoder;
use Symfony\Component\Serializer\Encoder\XmlEncoder;
use Symfony\Component\Serializer\Encoder\YamlEncoder;
use Symfony\Component\Serializer\Normalizer\ObjectNormalizer;
use Symfony\Component\Serializer\Serializer;

#[AsCommand(name: 'tea:export', description: 'Writes the teas in a format')]
final class ExportCommand extends Command
{
    protected function configure(): void
    {
        $this->addOption('format', null, InputOption::VALUE_REQUIRED, 'json, csv, xml or yaml', 'json');
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $encoder = match ($input->getOption('format')) {
            'json' => new JsonEncoder(),
            'csv' => new CsvEncoder(),
            'xml' => new XmlEncoder(),
            'yaml' => new YamlEncoder(),
        };
        $serializer = new Serializer([new ObjectNormalizer()], [$encoder]);
        $output->writeln($serializer->serialize(Store::teas(), $input->getOption('format')));
        return Command::SUCCESS;
    }
}
