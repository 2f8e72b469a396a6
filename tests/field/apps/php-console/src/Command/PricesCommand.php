<?php
namespace App\Command;

use App\Store;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Helper\Table;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

#[AsCommand(name: 'tea:prices', description: 'Prints the prices as a table')]
final class PricesCommand extends Command
{
    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $money = new \NumberFormatter('de_DE', \NumberFormatter::CURRENCY);
        $table = (new Table($output))->setHeaders(['tea', 'price'])->setStyle('box');
        foreach (Store::teas() as $tea) {
            $table->addRow([$tea->name, $money->formatCurrency($tea->price, 'EUR')]);
        }
        $table->render();
        return Command::SUCCESS;
    }
}
