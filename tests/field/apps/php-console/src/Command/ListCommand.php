<?php
namespace App\Command;

use App\Store;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

#[AsCommand(name: 'tea:list', description: 'Lists the teas')]
final class ListCommand extends Command
{
    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        foreach (Store::teas() as $tea) {
            $output->writeln("<info>{$tea->name}</info>");
        }
        return Command::SUCCESS;
    }
}
